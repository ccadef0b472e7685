pragma ComponentBehavior: Bound

import QtQuick
import Controls
import RoomDisplay.Models
import Theme

// What is said while a call is being opened, is open, or failed. While the call's own window is
// there, or on its way, the strip at the top is all that can be seen: the way back stands in it.
Rectangle {
    id: sheet

    required property GlassModel glass
    required property HomeModel home
    required property CallModel call

    readonly property bool covered: call.phase === "connecting" || call.phase === "open"

    color: Theme.ground

    CallStrip {
        id: strip

        call: sheet.call
        focus: sheet.covered
        height: Theme.strip
        home: sheet.home
        visible: sheet.covered
        width: sheet.width

        onLeaveTapped: sheet.glass.leaveCall()
    }

    Sheet {
        action: sheet.call.retryLabel
        back: sheet.covered ? "" : sheet.call.closeLabel
        focus: !sheet.covered
        headline: sheet.call.headline
        height: sheet.height - y
        text: sheet.call.text
        width: sheet.width
        y: sheet.covered ? strip.height : 0

        onActionTapped: sheet.glass.join(sheet.call.meetingId)
        onBackTapped: sheet.glass.leaveCall()
    }
}
