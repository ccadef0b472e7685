pragma ComponentBehavior: Bound

import QtQuick
import Theme

// Covers the screen with something to read and a way back.
Rectangle {
    id: sheet

    property string headline: ""
    property string text: ""
    property string action: ""
    property string back: ""
    default property alias body: slot.data

    signal actionTapped
    signal backTapped

    color: Theme.ground

    // Nothing underneath may be touched through a sheet.
    TapHandler {
        gesturePolicy: TapHandler.WithinBounds
    }

    FitText {
        id: title

        most: Theme.line
        room: sheet.width - 2 * Theme.margin
        text: sheet.headline
        weight: Font.DemiBold
        x: Theme.margin
        y: Math.round(Theme.margin + Theme.unit * 2)
    }

    CapText {
        id: words

        color: Theme.softInk
        font.pixelSize: Theme.head
        lines: 4
        text: sheet.text
        width: sheet.width - 2 * Theme.margin
        x: Theme.margin
        y: title.y + title.height + Theme.unit * 4
    }

    Item {
        id: slot

        height: buttons.y - y - Theme.gap
        width: sheet.width - 2 * Theme.margin
        x: Theme.margin
        y: (words.visible ? words.y + words.height : title.y + title.height) + Theme.gap
    }

    Row {
        id: buttons

        anchors.bottom: sheet.bottom
        anchors.bottomMargin: Theme.margin
        spacing: Theme.tight
        x: Theme.margin

        TapButton {
            id: again

            focus: visible
            label: sheet.action

            onTapped: sheet.actionTapped()
        }

        TapButton {
            focus: !again.visible
            label: sheet.back
            primary: !again.visible

            onTapped: sheet.backTapped()
        }
    }
}
