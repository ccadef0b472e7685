pragma ComponentBehavior: Bound

import QtQuick
import Controls
import RoomDisplay.Models

// What is said while a call is being opened, is open, or failed; always with a way back.
Sheet {
    id: sheet

    required property GlassModel glass
    required property CallModel call

    action: call.retryLabel
    back: call.closeLabel
    focus: true
    headline: call.headline
    text: call.text

    onActionTapped: glass.join(call.meetingId)
    onBackTapped: glass.leaveCall()
}
