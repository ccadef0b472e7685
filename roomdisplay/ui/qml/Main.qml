pragma ComponentBehavior: Bound

import QtQuick
import Controls
import RoomDisplay.Models
import Screens

// The display's windows: the screen, and above an open call a strip with the way back.
Window {
    id: window

    required property GlassModel glass
    required property HomeModel home
    required property PairingModel pairing
    required property CallModel call
    required property real pixelsPerMm
    required property real leastCap
    // Of the strip, device-independent pixels.
    required property real stripHeight

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
    }

    Loader {
        active: window.call.phase === "open"

        sourceComponent: Window {
            color: strip.color
            flags: Qt.FramelessWindowHint | Qt.WindowStaysOnTopHint | Qt.WindowDoesNotAcceptFocus
            height: window.stripHeight
            title: "Room Display: way back"
            visible: true
            width: window.width
            x: window.x
            y: window.y

            CallStrip {
                id: strip

                anchors.fill: parent
                call: window.call
                home: window.home

                onLeaveTapped: window.glass.leaveCall()
            }
        }
    }
}
