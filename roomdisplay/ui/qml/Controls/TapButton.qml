pragma ComponentBehavior: Bound

import QtQuick
import Theme

// A button: answers a finger at once by its look, fires on release, once.
FocusScope {
    id: button

    required property string label
    property bool primary: true
    property bool ready: true
    property int size: Theme.head

    signal tapped

    function fire() {
        if (ready && visible)
            tapped();
    }

    activeFocusOnTab: true
    implicitHeight: Theme.touch
    implicitWidth: Math.ceil(words.implicitWidth + Theme.unit * 6)
    visible: label !== ""

    Keys.onEnterPressed: fire()
    Keys.onReturnPressed: fire()
    Keys.onSelectPressed: fire()
    Keys.onSpacePressed: fire()

    Rectangle {
        anchors.fill: parent
        border.color: Theme.ink
        border.width: button.primary ? 0 : Math.max(2, Theme.hairline * 2)
        color: button.primary ? (tap.pressed || !button.ready ? Theme.buttonPressed : Theme.button) : (tap.pressed ? Theme.quietPressed : Theme.ground)
        radius: Theme.radius
    }

    PlainText {
        id: words

        anchors.centerIn: parent
        color: button.primary ? Theme.buttonInk : Theme.ink
        font.pixelSize: button.size
        font.weight: Font.DemiBold
        horizontalAlignment: Text.AlignHCenter
        text: button.label
        width: Math.min(implicitWidth, button.width - Theme.unit * 2)
    }

    TapHandler {
        id: tap

        enabled: button.ready
        gesturePolicy: TapHandler.ReleaseWithinBounds

        onTapped: button.fire()
    }
}
