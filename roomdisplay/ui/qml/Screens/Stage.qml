pragma ComponentBehavior: Bound

import QtQuick
import Controls
import Delegates
import RoomDisplay.Models
import Theme

// Everything inside the window: the screen of the moment, and the sheets above it.
Rectangle {
    id: stage

    required property GlassModel glass
    required property HomeModel home
    required property PairingModel pairing
    required property CallModel call
    property real pixelsPerMm: 6
    property real leastCap: 100

    property bool facts: false
    property bool more: false

    color: Theme.ground

    Binding {
        property: "width"
        target: Theme
        value: stage.width
    }

    Binding {
        property: "height"
        target: Theme
        value: stage.height
    }

    Binding {
        property: "pixelsPerMm"
        target: Theme
        value: stage.pixelsPerMm
    }

    Binding {
        property: "leastCap"
        target: Theme
        value: stage.leastCap
    }

    Binding {
        property: "scheme"
        target: Theme
        value: stage.glass.scheme
    }

    Binding {
        property: "place"
        target: Theme
        value: stage.glass.screen === "home" ? stage.glass.place : "door"
    }

    Binding {
        property: "role"
        target: Theme
        value: stage.glass.screen === "home" ? stage.home.role : "brand"
    }

    Component {
        id: door

        DoorScreen {
            glass: stage.glass
            home: stage.home

            onHeld: stage.facts = true
            onMoreTapped: stage.more = true
        }
    }

    Component {
        id: inside

        InsideScreen {
            glass: stage.glass
            home: stage.home

            onHeld: stage.facts = true
            onMoreTapped: stage.more = true
        }
    }

    Component {
        id: unpaired

        PairingScreen {
            glass: stage.glass
            pairing: stage.pairing

            onHeld: stage.facts = true
        }
    }

    Loader {
        anchors.fill: parent
        focus: true
        sourceComponent: stage.glass.screen === "pairing" ? unpaired : stage.glass.screen !== "home" ? null : stage.glass.place === "door" ? door : inside
    }

    // A remark that must always be seen stands in the margin, where nothing else ever does.
    PlainText {
        anchors.bottom: parent.bottom
        anchors.bottomMargin: Math.round((Theme.margin - height) / 2)
        color: Theme.softInk
        font.pixelSize: Theme.tiny
        text: stage.glass.notice
        width: parent.width - 2 * Theme.margin
        x: Theme.margin
    }

    Loader {
        active: stage.more && stage.home.rowCount > 0
        anchors.fill: parent

        sourceComponent: Sheet {
            back: stage.home.lessLabel
            headline: stage.home.rowsLabel

            onBackTapped: stage.more = false

            MeetingList {
                anchors.fill: parent
                home: stage.home
                wide: false

                onJoinTapped: meetingId => {
                    stage.more = false;
                    stage.glass.join(meetingId);
                }
            }
        }
    }

    Loader {
        active: stage.facts
        anchors.fill: parent

        sourceComponent: Sheet {
            back: stage.home.lessLabel
            headline: stage.home.room

            onBackTapped: stage.facts = false

            Column {
                anchors.fill: parent

                Repeater {
                    model: stage.glass.deviceFacts

                    FactRow {
                        width: parent?.width ?? 0
                    }
                }
            }
        }
    }

    Loader {
        active: stage.call.phase !== ""
        anchors.fill: parent
        focus: active

        sourceComponent: Sheet {
            action: stage.call.retryLabel
            back: stage.call.closeLabel
            headline: stage.call.headline
            text: stage.call.text

            onActionTapped: stage.glass.join(stage.call.meetingId)
            onBackTapped: stage.glass.leaveCall()
        }
    }

    Loader {
        active: stage.glass.identify !== ""
        anchors.fill: parent

        sourceComponent: Rectangle {
            color: Theme.ink

            FitText {
                anchors.centerIn: parent
                color: Theme.ground
                most: Theme.unit * 24
                room: parent.width - 2 * Theme.margin
                text: stage.glass.identify
                weight: Font.Bold
            }
        }
    }
}
