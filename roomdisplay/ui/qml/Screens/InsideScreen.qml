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

    readonly property bool lineBeside: !Theme.portrait && !(Theme.compact && hero) && inner - slab.greatestWidth - Theme.gap >= Theme.unit * 27

    // The meeting's own block, measured from its top: title, organiser, note, buttons.
    readonly property real step: Math.round(Theme.unit * 2.6)
    readonly property real organizerTop: title.visible ? title.height + step : 0
    readonly property real noteFlow: organizer.visible ? organizerTop + organizer.height + step : organizerTop
    readonly property real noteTop: beside && note.natural > textWidth ? Math.max(noteFlow, buttons.height + step) : noteFlow
    readonly property real textHeight: note.visible ? noteTop + note.height : organizer.visible ? organizerTop + organizer.height : title.visible ? title.height : 0
    readonly property real buttonsTop: Theme.portrait && textHeight > 0 ? textHeight + Theme.gap * 1.5 : 0
    readonly property real blockHeight: Math.max(textHeight, acts ? buttonsTop + buttons.height : 0)
    readonly property real stateEnd: under.visible ? under.y + under.height : slab.y + slab.height
    readonly property real blockTop: stateEnd + between(2.4, Theme.compact ? 3 : Theme.portrait ? 6 : 4)
    readonly property real contentEnd: blockHeight > 0 ? blockTop + blockHeight : stateEnd

    // What the screen needs down to the end of that block: at least, and where nothing presses.
    readonly property real fixed: header.y + header.height + (under.visible ? Theme.gap + under.height : 0) + blockHeight
    readonly property real tightest: fixed + slab.leastHeight + Math.round(Theme.unit * 2.4) * (blockHeight > 0 ? 2 : 1)
    readonly property real widest: fixed + slab.greatestHeight + Math.round(Theme.unit * (Theme.compact ? 3 : 4)) + (blockHeight > 0 ? Math.round(Theme.unit * (Theme.compact ? 3 : Theme.portrait ? 6 : 4)) : 0)

    // Below it: two of the next meetings if it can be, else one, then the day bar.
    readonly property real below: base - tightest - 4 * Theme.hairline
    readonly property real barNeeds: bar.height + Theme.gap
    readonly property bool barFits: !Theme.compact && home.now >= 0 && below >= Theme.gap + (home.rowCount > 0 ? list.heightOf(1) + Theme.gap : 0) + bar.height
    readonly property real spare: below - (barFits ? barNeeds : 0) - Theme.gap
    readonly property real rowsNeed: list.heightOf(Math.min(home.rowCount, !Theme.compact && spare >= list.heightOf(2) ? 2 : 1))
    readonly property real ease: Math.max(0, Math.min(1, (spare - rowsNeed) / Math.max(1, widest - tightest)))
    readonly property real floor: barFits ? bar.y - Theme.gap : base

    // A distance in units, by how much the screen has to hold.
    function between(least: real, most: real): real {
        return Math.round(Theme.unit * (least + (most - least) * ease));
    }

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

        ease: inside.ease
        most: Math.max(Theme.leastWord, Theme.unit * (Theme.compact ? (inside.hero ? 15 : 7) : Theme.portrait ? (inside.hero ? 18 : 10) : inside.hero ? 10 : 6))
        room: inside.inner
        shape: inside.home.shape
        word: inside.home.word
        x: Theme.margin
        y: header.y + header.height + inside.between(2.4, Theme.compact ? 3 : 4)
    }

    // Beside the slab while there is room for it there, else under it.
    FitText {
        id: beyond

        least: most * 0.6
        most: slab.size * (inside.hero ? 0.9 : 1)
        mostBroken: slab.height * 0.42
        room: inside.inner - slab.width - Theme.gap
        text: inside.lineBeside ? inside.home.line : ""
        weight: Font.Normal
        x: slab.x + slab.width + Theme.gap
        y: Math.round(slab.y + (slab.height - height) / 2)
    }

    FitText {
        id: under

        least: most * 0.6
        most: inside.hero ? Theme.line * (Theme.compact ? 1.15 : 1.4) : Theme.line
        mostBroken: Theme.title
        room: inside.inner
        text: inside.lineBeside ? "" : inside.home.line
        weight: Font.Normal
        x: Theme.margin
        y: slab.y + slab.height + Theme.gap
    }

    LineText {
        id: title

        broken: Math.round(most * 0.84)
        family: Theme.displayFamily
        lines: Theme.portrait ? 3 : 2
        most: Theme.title
        text: inside.home.title
        tracking: Theme.tracking
        weight: Font.DemiBold
        width: inside.textWidth
        x: Theme.margin
        y: inside.blockTop
    }

    CapText {
        id: organizer

        color: Theme.softInk
        font.pixelSize: Theme.body
        text: inside.home.organizer
        width: inside.textWidth
        x: Theme.margin
        y: inside.blockTop + inside.organizerTop
    }

    // Beside the buttons, or under them where it is too long for that.
    LineText {
        id: note

        color: inside.home.trouble ? Theme.ink : Theme.softInk
        lines: 2
        most: Theme.body
        text: inside.home.note
        width: inside.noteTop >= buttons.height ? inside.inner : inside.textWidth
        x: Theme.margin
        y: inside.blockTop + inside.noteTop
    }

    Flow {
        id: buttons

        readonly property real wide: Theme.portrait ? inside.inner : Theme.unit * 24

        layoutDirection: Qt.RightToLeft
        spacing: Theme.tight
        width: Theme.portrait ? inside.inner : inside.column
        x: Theme.portrait ? Theme.margin : inside.width - Theme.margin - width
        y: inside.blockTop + inside.buttonsTop

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

        form: Theme.portrait && inside.home.rowsDetailed ? "stacked" : Theme.compact ? "folded" : "columns"
        height: Math.max(0, Theme.compact ? Math.min(room, tall) : room)
        home: inside.home
        visible: inside.home.rowCount > 0
        width: inside.inner - (more.visible ? more.width + Theme.gap : 0)
        x: Theme.margin
        y: inside.floor - height

        onJoinTapped: meetingId => inside.glass.join(meetingId)
    }

    TapButton {
        id: more

        label: Theme.compact && inside.home.touch && !inside.home.joinNext && inside.home.rowCount > list.fitting ? inside.home.moreLabel : ""
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
