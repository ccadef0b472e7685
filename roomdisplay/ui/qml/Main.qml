pragma ComponentBehavior: Bound

import QtQuick
import RoomDisplay.Models
import Screens

// The display's one window.
Window {
    id: window

    required property GlassModel glass
    required property HomeModel home
    required property PairingModel pairing
    required property CallModel call
    required property real pixelsPerMm
    required property real leastCap

    color: stage.color
    title: "Room Display"

    Stage {
        id: stage

        anchors.fill: parent
        call: window.call
        focus: true
        glass: window.glass
        home: window.home
        leastCap: window.leastCap
        pairing: window.pairing
        pixelsPerMm: window.pixelsPerMm

        // A whole screen hangs on a wall, and is touched: an arrow on it is a blemish.
        HoverHandler {
            cursorShape: Qt.BlankCursor
            enabled: window.visibility === Window.FullScreen
        }
    }
}
