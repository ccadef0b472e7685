pragma ComponentBehavior: Bound

import QtQuick
import Controls
import RoomDisplay.Models
import Theme

// Beside the door: the state fills the screen. What matters least goes first when space runs out.
Item {
    id: door

    required property HomeModel home
    required property GlassModel glass

    readonly property real inner: width - 2 * Theme.margin
    readonly property real base: height - Theme.margin
    readonly property bool acts: home.checkInLabel !== ""
    readonly property bool signed: home.shape !== "none"
    readonly property real signTop: header.y + header.height + Theme.unit * 7
    readonly property real wordTop: Theme.portrait && signed ? signTop + signMost + Theme.unit * 6 : header.y + header.height + Theme.unit * (Theme.compact ? 4.6 : 3.8 + 2.2 * ease)
    readonly property real wordEnd: wordTop + word.height
    readonly property real lineTop: wordEnd + lineGap(word.size)
    readonly property real lineEnd: lineTop + line.height

    // The word gives way, as far as it may, before anything else does.
    readonly property real greatest: headEnd(Theme.unit * (Theme.compact ? 4.6 : 6), Math.max(Theme.leastWord, Theme.unit * 20))
    readonly property real least: headEnd(Theme.unit * (Theme.compact ? 4.6 : 3.8), Theme.leastWord)
    readonly property real all: [title, note, next, bar].reduce((sum, item) => sum + (item.height > 0 ? item.height + Theme.gap : 0), Theme.gap)
    readonly property real ease: Theme.portrait || greatest - least < 1 ? 1 : Math.max(0, Math.min(1, (base - least - all) / (greatest - least)))

    // Where the line ends if the word has that distance from the header and that size.
    function headEnd(distance: real, size: real): real {
        const fits = Math.min(size, word.single);
        return header.y + header.height + distance + fits * Theme.capRatio + lineGap(fits) + line.height;
    }

    function lineGap(size: real): real {
        return Math.max(Theme.unit * 4.2, size * 0.2 + Theme.unit);
    }

    // What is left under the line that says until when, and who gets of it.
    readonly property real space: base - lineEnd
    readonly property real actNeeds: Theme.portrait && acts ? Theme.touch + Theme.gap : 0
    readonly property real titleNeeds: home.title !== "" && space - actNeeds >= title.height + Theme.gap ? title.height + Theme.gap : 0
    readonly property real noteNeeds: home.note !== "" && space - actNeeds - titleNeeds >= note.height + noteGap ? note.height + noteGap : 0
    readonly property real noteGap: title.visible ? Math.round(Theme.unit * 2.2) : Theme.gap
    readonly property real nextNeeds: Theme.gap + next.height + Theme.gap
    readonly property bool barFits: !Theme.compact && home.now >= 0 && space >= titleNeeds + noteNeeds + nextNeeds + bar.height + actNeeds
    readonly property bool nextFits: home.rowCount > 0 && space >= titleNeeds + noteNeeds + nextNeeds
    // How wide the small lines may be: as wide as the shape and the button leave them.
    readonly property real signMost: Theme.unit * (Theme.portrait ? 28 : acts ? 14 : 22)
    readonly property real column: Theme.portrait || !signed ? inner : sign.high ? inner - (acts ? act.width + Theme.gap : 0) : inner - signMost - Theme.gap - (acts ? act.width + Theme.gap : 0)
    readonly property real floor: barFits ? bar.y - Theme.unit * 3.4 : base

    RoomHeader {
        id: header

        home: door.home
        width: door.inner
        x: Theme.margin
        y: Theme.margin

        onHeld: door.glass.openSheet("facts")
    }

    StateShape {
        id: sign

        // Above the word on an upright panel; else at the right, beside the button if there is one,
        // or beside the shorter half of a word in two lines.
        readonly property real begin: door.acts ? door.lineEnd + Theme.gap : door.lineTop
        readonly property bool high: !Theme.portrait && word.broken && door.inner - Theme.gap >= Theme.leastWord * (word.firstAdvance + Theme.capRatio)

        height: Math.round(Theme.portrait ? door.signMost : high ? word.capHeight : Math.min(door.signMost, door.floor - begin))
        shape: door.home.shape
        width: height
        x: Theme.portrait ? Theme.margin : door.width - Theme.margin - width - (door.acts && !high ? act.width + Theme.gap : 0)
        y: Math.round(Theme.portrait ? door.signTop : high ? door.wordTop : door.floor - height)
    }

    FitText {
        id: word

        // What does not tell of the room need not be read from afar.
        readonly property bool near: door.home.role === "brand"

        least: near ? Theme.unit * 9 : Theme.leastWord
        most: near ? Theme.unit * 13 : Math.max(Theme.leastWord, Theme.portrait ? Theme.unit * 22 : Theme.leastWord + (Theme.unit * 20 - Theme.leastWord) * door.ease)
        mostBroken: near ? most : Theme.leastWord
        room: door.inner
        text: door.home.word
        weight: Font.Bold
        x: Theme.margin
        y: Math.round(door.wordTop)
    }

    FitText {
        id: line

        most: Theme.line
        mostBroken: Theme.title
        room: door.inner - (!Theme.portrait && door.signed && !door.acts ? Theme.unit * 22 + Theme.gap : 0)
        text: door.home.line
        x: Theme.margin
        y: Math.round(door.lineTop)
    }

    CapText {
        id: title

        font.pixelSize: Theme.head
        lines: Theme.portrait ? 2 : 1
        text: door.home.title
        visible: door.titleNeeds > 0
        width: door.column
        x: Theme.margin
        y: door.lineEnd + Theme.gap
    }

    LineText {
        id: note

        color: Theme.softInk
        lines: 2
        most: Theme.small
        text: door.home.note
        visible: door.noteNeeds > 0
        width: door.column
        x: Theme.margin
        y: door.lineEnd + door.titleNeeds + door.noteGap
    }

    TapButton {
        id: act

        focus: true
        label: door.home.checkInLabel
        ready: door.home.checkInReady
        width: Theme.portrait ? door.inner : Math.max(implicitWidth, Theme.unit * 22)
        x: door.width - Theme.margin - width
        y: Math.round(Theme.portrait ? door.lineEnd + door.titleNeeds + door.noteNeeds + Theme.gap : door.floor - height)

        onTapped: door.glass.checkIn(door.home.meetingId)
    }

    NextLine {
        id: next

        home: door.home
        visible: door.nextFits && !Theme.portrait
        width: door.column
        x: Theme.margin
        y: door.floor - height
    }

    MeetingList {
        form: door.home.rowsDetailed ? "stacked" : "columns"
        height: Math.max(0, door.floor - y)
        home: door.home
        visible: Theme.portrait && door.home.rowCount > 0
        width: door.inner
        x: Theme.margin
        y: door.lineEnd + door.titleNeeds + door.noteNeeds + (door.acts ? Theme.touch + Theme.gap : 0) + Theme.gap * 1.5
    }

    DayBar {
        id: bar

        home: door.home
        visible: door.barFits
        width: door.inner
        x: Theme.margin
        y: door.base - height
    }
}
