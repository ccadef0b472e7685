pragma ComponentBehavior: Bound

import QtQuick
import RoomDisplay.Models
import Theme

// The strip above an open call: where we are, what time it is, and the way back.
FocusScope {
    id: strip

    required property HomeModel home
    required property CallModel call

    signal leaveTapped

    TapButton {
        id: leave

        focus: true
        height: strip.height
        label: strip.call.closeLabel
        size: Math.round(strip.height * 0.34)

        onTapped: strip.leaveTapped()
    }

    CapText {
        anchors.verticalCenter: strip.verticalCenter
        font.pixelSize: leave.size
        font.weight: Font.DemiBold
        text: strip.home.room
        width: Math.max(0, clock.x - Theme.gap - x)
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
