pragma ComponentBehavior: Bound

import QtQuick
import Controls
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

    // What each of the files requires.
    function modelsOf(file: string): var {
        if (file === "PairingScreen.qml")
            return {
                glass: stage.glass,
                pairing: stage.pairing
            };
        if (file === "CallSheet.qml")
            return {
                glass: stage.glass,
                home: stage.home,
                call: stage.call
            };
        if (file === "IdentifySheet.qml")
            return {
                glass: stage.glass
            };
        return {
            glass: stage.glass,
            home: stage.home
        };
    }

    // A screen is read from its file only when it is shown.
    component Part: Loader {
        property string file: ""

        function show() {
            if (file !== "")
                setSource(Qt.resolvedUrl(file), stage.modelsOf(file));
            else
                source = "";
        }

        anchors.fill: parent
        focus: file !== ""

        Component.onCompleted: show()
        onFileChanged: show()
    }

    Part {
        file: stage.glass.screen === "pairing" ? "PairingScreen.qml" : stage.glass.screen !== "home" ? "" : stage.glass.place === "door" ? "DoorScreen.qml" : "InsideScreen.qml"
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

    Part {
        file: stage.glass.sheet === "more" ? "MoreSheet.qml" : stage.glass.sheet === "facts" ? "FactsSheet.qml" : ""
    }

    Part {
        file: stage.call.phase !== "" ? "CallSheet.qml" : ""
    }

    Part {
        file: stage.glass.identify !== "" ? "IdentifySheet.qml" : ""
    }
}
