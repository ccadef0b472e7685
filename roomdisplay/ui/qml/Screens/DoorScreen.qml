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

    signal held
    signal moreTapped

    readonly property real inner: width - 2 * Theme.margin
    readonly property real base: height - Theme.margin
    readonly property bool acts: home.checkInLabel !== ""
    readonly property bool signed: home.shape !== "none"

    // What is left under the line that says until when, and who gets of it.
    readonly property real space: base - (line.y + line.height)
    readonly property real titleNeeds: title.visible ? title.height + Theme.gap : 0
    readonly property real noteNeeds: note.visible ? note.height + Theme.gap : 0
    readonly property real nextNeeds: Theme.gap + next.height + Theme.gap
    readonly property bool barFits: !Theme.compact && home.now >= 0 && space >= titleNeeds + noteNeeds + nextNeeds + bar.height + (Theme.portrait && acts ? Theme.touch + Theme.gap : 0)
    readonly property bool nextFits: home.rowCount > 0 && space >= titleNeeds + noteNeeds + nextNeeds
    readonly property real floor: barFits ? bar.y - Theme.unit * 3.4 : base

    RoomHeader {
        id: header

        home: door.home
        width: door.inner
        x: Theme.margin
        y: Theme.margin

        onHeld: door.held()
    }

    StateShape {
        id: sign

        readonly property real begin: Theme.portrait ? header.y + header.height + Theme.unit * 7 : line.y
        readonly property real room: door.floor - begin - (door.acts && !Theme.portrait ? Theme.touch + Theme.gap : 0)

        height: Math.round(Theme.portrait ? Theme.unit * 22 : Math.min(Theme.unit * 22, room))
        shape: door.home.shape
        width: height
        x: Theme.portrait ? Theme.margin : door.width - Theme.margin - width
        y: Math.round(Theme.portrait ? begin : begin + Math.max(0, room - height))
    }

    FitText {
        id: word

        least: Theme.leastWord
        most: Math.max(Theme.leastWord, Theme.unit * (Theme.portrait ? 22 : 20))
        room: door.inner
        text: door.home.word
        weight: Font.Bold
        x: Theme.margin
        y: Math.round(Theme.portrait && sign.visible ? sign.y + sign.height + Theme.unit * 6 : header.y + header.height + Theme.unit * (Theme.compact ? 5.5 : 7))
    }

    FitText {
        id: line

        mayBreak: true
        most: Theme.line
        room: door.inner - (!Theme.portrait && door.signed ? Theme.unit * 22 + Theme.gap : 0)
        text: door.home.line
        x: Theme.margin
        y: Math.round(word.y + word.height + Theme.unit * (Theme.compact ? 3.4 : 4.2))
    }

    CapText {
        id: title

        font.pixelSize: Theme.head
        lines: Theme.portrait ? 2 : 1
        text: door.home.title
        width: line.room
        x: Theme.margin
        y: line.y + line.height + Theme.gap
    }

    CapText {
        id: note

        color: Theme.softInk
        font.pixelSize: Theme.body
        lines: 2
        text: door.home.note
        width: line.room
        x: Theme.margin
        y: line.y + line.height + door.titleNeeds + Theme.gap
    }

    TapButton {
        focus: true
        label: door.home.checkInLabel
        ready: door.home.checkInReady
        width: Theme.portrait ? door.inner : Math.max(implicitWidth, Theme.unit * 22)
        x: door.width - Theme.margin - width
        y: Math.round(Theme.portrait ? line.y + line.height + door.titleNeeds + door.noteNeeds + Theme.gap : door.floor - height)

        onTapped: door.glass.checkIn(door.home.meetingId)
    }

    NextLine {
        id: next

        home: door.home
        visible: door.nextFits && !Theme.portrait
        width: line.room
        x: Theme.margin
        y: door.floor - height
    }

    MeetingList {
        height: Math.max(0, door.floor - y)
        home: door.home
        visible: Theme.portrait && door.home.rowCount > 0
        wide: false
        width: door.inner
        x: Theme.margin
        y: line.y + line.height + door.titleNeeds + door.noteNeeds + (door.acts ? Theme.touch + Theme.gap : 0) + Theme.gap
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
