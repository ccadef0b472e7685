pragma ComponentBehavior: Bound

import QtQuick
import Theme

// The state inside a room: a slab of the state's colour with its shape and its word.
Rectangle {
    id: slab

    required property string shape
    required property string word
    required property real most
    required property real room

    readonly property real pad: Math.round(Math.min(most, Theme.line * 2) * 0.42)
    readonly property int size: label.size
    readonly property real wordHeight: label.height
    readonly property real signWidth: sign.visible ? Math.round(most * 0.8 + pad * 0.5) : 0

    color: Theme.slab
    implicitHeight: label.implicitHeight + 2 * pad
    implicitWidth: Math.ceil(signWidth + label.implicitWidth + 2 * pad)
    radius: Theme.radius

    StateShape {
        id: sign

        anchors.verticalCenter: slab.verticalCenter
        color: Theme.slabInk
        height: Math.round(label.capHeight * 1.06)
        shape: slab.shape
        width: height
        x: slab.pad
    }

    FitText {
        id: label

        anchors.verticalCenter: slab.verticalCenter
        color: Theme.slabInk
        least: Theme.leastWord
        most: slab.most
        room: slab.room - 2 * slab.pad - slab.signWidth
        text: slab.word
        weight: Font.Bold
        x: slab.pad + slab.signWidth
    }
}
