pragma ComponentBehavior: Bound

import QtQuick
import RoomDisplay.Models
import Theme

// The strip above an open call: where we are, what time it is, and the way back.
Rectangle {
    id: strip

    required property HomeModel home
    required property CallModel call

    signal leaveTapped

    color: Theme.ground

    TapButton {
        id: leave

        anchors.verticalCenter: strip.verticalCenter
        height: Math.round(strip.height - Theme.unit)
        label: strip.call.closeLabel
        size: Math.round(strip.height * 0.36)
        x: Math.round(Theme.unit / 2)

        onTapped: strip.leaveTapped()
    }

    CapText {
        anchors.verticalCenter: strip.verticalCenter
        font.pixelSize: leave.size
        font.weight: Font.DemiBold
        text: strip.home.room
        width: clock.x - Theme.gap - x
        x: leave.x + leave.width + Theme.gap
    }

    CapText {
        id: clock

        anchors.right: strip.right
        anchors.rightMargin: Theme.margin
        anchors.verticalCenter: strip.verticalCenter
        font.pixelSize: leave.size
        font.weight: Font.DemiBold
        text: strip.home.clock
    }
}
