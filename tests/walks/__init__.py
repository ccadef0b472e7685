"""The way from Step 1 to the meeting on the glass, as people walk it in a browser.

house.py       an Admin Center at an instant of our choice, and a display that is paired by its code
words.py       what the pages call things, in each language
walk.py        who walks, and what there is on the way
steps.py       the steps, in order
organiser.py   what an ordinary user does afterwards
The tests walk it; the pictures of the documents are drawn on the same walk.
"""
