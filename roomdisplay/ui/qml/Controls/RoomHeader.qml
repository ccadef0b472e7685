pragma ComponentBehavior: Bound

import QtQuick
import RoomDisplay.Models
import Theme

// The room's name and the time; holding the name opens the facts about the display.
Item {
    id: header

    required property HomeModel home
    property bool dated: false

    signal held

    implicitHeight: name.implicitHeight > 0 ? name.implicitHeight : clock.implicitHeight

    CapText {
        id: name

        font.pixelSize: Theme.head
        font.weight: Font.DemiBold
        text: header.home.room
        width: (date.visible ? date.x : clock.x) - Theme.gap
    }

    Item {
        height: header.height + 2 * Theme.margin
        width: Math.max(Theme.touch, Math.min(name.naturalWidth, name.width) + 2 * Theme.margin)
        x: -Theme.margin
        y: -Theme.margin

        TapHandler {
            gesturePolicy: TapHandler.WithinBounds
            longPressThreshold: Theme.holdToOpen / 1000

            onLongPressed: header.held()
        }
    }

    CapText {
        id: date

        anchors.right: clock.left
        anchors.rightMargin: Theme.unit * 2
        color: Theme.softInk
        font.pixelSize: Theme.head
        text: header.dated ? header.home.date : ""
    }

    CapText {
        id: clock

        anchors.right: header.right
        font.pixelSize: Theme.head
        font.weight: Font.DemiBold
        text: header.home.clock
    }
}
