pragma ComponentBehavior: Bound

import QtQuick
import Controls
import RoomDisplay.Models
import Theme

// A screen that belongs to nobody yet: what to type, where, and what must read the same there.
Item {
    id: screen

    required property PairingModel pairing
    required property GlassModel glass

    readonly property bool coded: pairing.code !== ""
    readonly property real inner: width - 2 * Theme.margin
    readonly property bool aside: pairing.qrPath !== "" && !Theme.portrait
    readonly property real side: Math.min(Theme.unit * (Theme.compact ? 34 : 36), height - 2 * Theme.margin)
    readonly property real column: inner - (aside ? side + Theme.gap * 1.5 : 0)
    readonly property real step: Theme.unit * (Theme.compact ? 3 : 4)

    FitText {
        id: headline

        least: Theme.title * 0.7
        most: Theme.line
        mostBroken: Theme.title
        room: screen.column
        text: screen.pairing.headline
        weight: Font.DemiBold
        x: Theme.margin
        y: Math.round(Theme.margin + Theme.unit * (Theme.compact ? 0 : 1))

        TapHandler {
            gesturePolicy: TapHandler.WithinBounds
            longPressThreshold: Theme.holdToOpen / 1000

            onLongPressed: screen.glass.openSheet("facts")
        }
    }

    CapText {
        id: lead

        color: Theme.softInk
        font.pixelSize: Theme.small
        lines: 2
        text: screen.pairing.lead
        width: screen.column
        x: Theme.margin
        y: headline.y + headline.height + screen.step
    }

    CapText {
        id: address

        font.pixelSize: Theme.head
        font.weight: Font.DemiBold
        lines: 2
        text: screen.pairing.address
        width: screen.column
        x: Theme.margin
        y: lead.y + lead.height + Theme.unit * 2.4
    }

    FitText {
        id: code

        family: Theme.family
        mayBreak: false
        most: Theme.unit * 14
        room: screen.column
        text: screen.pairing.code
        weight: Font.Bold
        x: Theme.margin
        y: address.y + address.height + screen.step * 1.3
    }

    CapText {
        id: hint

        color: Theme.softInk
        font.pixelSize: Theme.small
        lines: 2
        text: screen.pairing.wordsHint
        width: screen.column
        x: Theme.margin
        y: code.y + code.height + screen.step * 1.3
    }

    FitText {
        id: words

        family: Theme.family
        mayBreak: false
        most: Theme.head
        room: screen.column
        text: screen.pairing.words
        weight: Font.DemiBold
        x: Theme.margin
        y: hint.y + hint.height + Theme.unit * 2.4
    }

    QrCode {
        id: qr

        modules: screen.pairing.qrSize
        path: screen.pairing.qrPath
        room: Theme.portrait ? Math.min(screen.inner, track.y - words.y - words.height - screen.step * 2) : screen.side
        x: Theme.portrait ? Theme.margin : screen.width - Theme.margin - width
        y: Math.round(Theme.portrait ? words.y + words.height + screen.step : (screen.height - height) / 2)
    }

    CapText {
        id: note

        color: Theme.ink
        font.pixelSize: Theme.body
        lines: 2
        text: screen.pairing.note
        width: screen.column
        x: Theme.margin
        y: screen.coded ? track.y - height - screen.step * 0.6 : headline.y + headline.height + lead.height + 2 * screen.step
    }

    TapButton {
        label: screen.pairing.ask
        x: Theme.margin
        y: lead.y + lead.height + screen.step * 2

        onTapped: screen.glass.askWayIn()
    }

    Rectangle {
        id: track

        color: Theme.track
        height: Math.max(2, Math.round(Theme.unit * 0.4))
        visible: screen.coded
        width: screen.column
        x: Theme.margin
        y: expiry.y - Theme.unit * 1.8 - height

        Rectangle {
            color: Theme.ink
            height: track.height
            width: Math.round(track.width * screen.pairing.left)
        }
    }

    CapText {
        id: expiry

        color: Theme.softInk
        font.pixelSize: Theme.small
        text: screen.pairing.expiry
        width: screen.column
        x: Theme.margin
        y: screen.height - Theme.margin - height
    }
}
