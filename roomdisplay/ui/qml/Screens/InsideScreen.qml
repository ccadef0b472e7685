pragma ComponentBehavior: Bound

import QtQuick
import Controls
import RoomDisplay.Models
import Theme

// The room's own home screen: what is on, one way to join it, and what comes.
Item {
    id: inside

    required property HomeModel home
    required property GlassModel glass

    readonly property real inner: width - 2 * Theme.margin
    readonly property real base: height - Theme.margin
    readonly property bool hero: home.title === ""
    readonly property bool acts: home.joinLabel !== "" || home.checkInLabel !== ""
    readonly property bool beside: !Theme.portrait && acts
    readonly property real column: beside ? (join.visible ? join.width : 0) + (here.visible ? here.width : 0) + (join.visible && here.visible ? Theme.tight : 0) : 0
    readonly property real textWidth: inner - (beside ? column + Theme.gap * 1.5 : 0)

    readonly property real headEnd: note.visible ? note.y + note.height : organizer.visible ? organizer.y + organizer.height : title.visible ? title.y + title.height : line.end
    readonly property real contentEnd: Math.max(headEnd, acts ? buttons.y + buttons.height : 0)
    readonly property bool barFits: !Theme.compact && home.now >= 0 && base - contentEnd >= bar.height + Theme.gap * 2
    readonly property real floor: barFits ? bar.y - Theme.gap : base

    RoomHeader {
        id: header

        dated: true
        home: inside.home
        width: inside.inner
        x: Theme.margin
        y: Theme.margin

        onHeld: inside.glass.openSheet("facts")
    }

    StateSlab {
        id: slab

        most: Math.max(Theme.leastWord, Theme.unit * (Theme.compact ? (inside.hero ? 11 : 7) : Theme.portrait ? (inside.hero ? 13 : 10) : inside.hero ? 10 : 6))
        room: inside.inner
        shape: inside.home.shape
        word: inside.home.word
        x: Theme.margin
        y: header.y + header.height + Math.round(Theme.unit * (Theme.compact ? 3 : 4))
    }

    FitText {
        id: line

        // Beside the slab while there is room for it there, else under it.
        readonly property bool beside: !Theme.portrait && inside.inner - slab.width - Theme.gap >= Theme.unit * 30
        readonly property real end: beside ? slab.y + slab.height : y + height

        least: most * 0.6
        most: beside ? slab.size * (inside.hero ? 0.9 : 1) : Theme.line
        mostBroken: beside ? slab.height * 0.42 : Theme.title
        room: beside ? inside.inner - slab.width - Theme.gap : inside.inner
        text: inside.home.line
        weight: Font.Normal
        x: beside ? slab.x + slab.width + Theme.gap : Theme.margin
        y: beside ? Math.round(slab.y + (slab.height - height) / 2) : slab.y + slab.height + Theme.gap
    }

    CapText {
        id: title

        readonly property real begin: line.end + Math.round(Theme.unit * (Theme.compact ? 3 : Theme.portrait ? 6 : 4))

        font.family: Theme.displayFamily
        font.letterSpacing: Theme.title * Theme.tracking
        font.pixelSize: Theme.title
        font.weight: Font.DemiBold
        lines: Theme.portrait ? 3 : 2
        text: inside.home.title
        width: inside.textWidth
        x: Theme.margin
        y: begin
    }

    CapText {
        id: organizer

        color: Theme.softInk
        font.pixelSize: Theme.body
        text: inside.home.organizer
        width: inside.textWidth
        x: Theme.margin
        y: title.y + title.height + Math.round(Theme.unit * 2.6)
    }

    CapText {
        id: note

        color: inside.home.trouble ? Theme.ink : Theme.softInk
        font.pixelSize: Theme.body
        lines: 2
        text: inside.home.note
        width: inside.textWidth
        x: Theme.margin
        y: organizer.visible ? organizer.y + organizer.height + Math.round(Theme.unit * 2.6) : title.visible ? title.y + title.height + Math.round(Theme.unit * 2.6) : title.begin
    }

    Flow {
        id: buttons

        readonly property real wide: Theme.portrait ? inside.inner : Theme.unit * 24

        layoutDirection: Qt.RightToLeft
        spacing: Theme.tight
        width: Theme.portrait ? inside.inner : inside.column
        x: Theme.portrait ? Theme.margin : inside.width - Theme.margin - width
        y: Theme.portrait ? inside.headEnd + Theme.gap * 1.5 : title.begin

        TapButton {
            id: join

            focus: visible
            height: Math.max(Theme.touch, Theme.unit * 8)
            label: inside.home.joinLabel
            width: Theme.portrait ? buttons.wide : Math.max(implicitWidth, buttons.wide)

            onTapped: inside.glass.join(inside.home.meetingId)
        }

        TapButton {
            id: here

            focus: !join.visible
            height: join.height
            label: inside.home.checkInLabel
            primary: !join.visible
            ready: inside.home.checkInReady
            width: Theme.portrait ? buttons.wide : join.visible ? implicitWidth : Math.max(implicitWidth, buttons.wide)

            onTapped: inside.glass.checkIn(inside.home.meetingId)
        }
    }

    MeetingList {
        id: list

        readonly property real room: inside.floor - inside.contentEnd - Theme.gap

        stacked: Theme.portrait

        height: Math.max(0, Theme.compact ? Math.min(room, Math.max(Theme.row, tall)) : room)
        home: inside.home
        visible: inside.home.rowCount > 0
        wide: inside.width > inside.height && !Theme.compact
        width: inside.inner - (more.visible ? more.width + Theme.gap : 0)
        x: Theme.margin
        y: inside.floor - height

        onJoinTapped: meetingId => inside.glass.join(meetingId)
    }

    TapButton {
        id: more

        label: Theme.compact && inside.home.touch && inside.home.rowCount > list.fitting ? inside.home.moreLabel : ""
        primary: false
        size: Theme.body
        x: inside.width - Theme.margin - width
        y: inside.base - height

        onTapped: inside.glass.openSheet("more")
    }

    DayBar {
        id: bar

        home: inside.home
        visible: inside.barFits
        width: inside.inner
        x: Theme.margin
        y: inside.base - height
    }
}
