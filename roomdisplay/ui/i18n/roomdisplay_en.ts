<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_GB" sourcelanguage="en_GB">
<context>
    <name>Pairing</name>
    <message numerus="yes">
        <source>New code in %n min</source>
        <translation>
            <numerusform>New code in %n min</numerusform>
            <numerusform>New code in %n min</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Good for %n min</source>
        <translation>
            <numerusform>Good for %n min</numerusform>
            <numerusform>Good for %n min</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>State</name>
    <message numerus="yes">
        <source>free in %n s</source>
        <translation>
            <numerusform>free in %n s</numerusform>
            <numerusform>free in %n s</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n min left, then reserved</source>
        <translation>
            <numerusform>%n min left, then reserved</numerusform>
            <numerusform>%n min left, then reserved</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in %n min</source>
        <translation>
            <numerusform>in %n min</numerusform>
            <numerusform>in %n min</numerusform>
        </translation>
    </message>
</context>
</TS>
