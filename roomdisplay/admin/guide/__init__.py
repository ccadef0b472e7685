"""The guided way to connect Office 365 and Microsoft Exchange: pure values, no I/O.

powershell.py   commands as data, written so that no value can become code
values.py       the three fields that every command uses, validated
commands.py     the single commands of Step 1
steps.py        Step 1, in order, for each way to connect
script.py       all of it as one script
repairs.py      what repairs what the calendar doctor finds
"""
