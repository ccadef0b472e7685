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
    // From 0, no more than must be read from afar, to 1, the greatest size.
    property real ease: 1

    readonly property int size: label.size
    readonly property real greatestHeight: heightAt(1)
    readonly property real leastHeight: heightAt(0)
    readonly property real greatestWidth: sizeAt(1) * (label.advance + signPart) + gapAt(1) + 2 * padAt(1)

    // The shape's width as a part of the word's size.
    readonly property real signPart: shape === "none" ? 0 : 1.06 * Theme.capRatio
    readonly property real pad: padAt(ease)
    readonly property real signWidth: Math.round(sizeAt(ease) * signPart + gapAt(ease))

    function padAt(ease: real): real {
        return Math.round(Math.min(most, Theme.line * 2) * (0.27 + 0.15 * ease));
    }

    function gapAt(ease: real): real {
        return shape === "none" ? 0 : Math.round(padAt(ease) * 0.5);
    }

    // The word's size: between the least and the greatest, if shape and word have room for it. A
    // word that has not even for its least size breaks in two.
    function sizeAt(ease: real): real {
        const least = Math.min(most, Theme.leastWord);
        const fits = (room - 2 * padAt(ease) - gapAt(ease)) / Math.max(0.01, label.advance + signPart);
        return Math.max(least, Math.min(least + (most - least) * ease, fits));
    }

    function heightAt(ease: real): real {
        return sizeAt(ease) * Theme.capRatio + 2 * padAt(ease);
    }

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
        most: Math.min(slab.most, Theme.leastWord + Math.max(0, slab.most - Theme.leastWord) * slab.ease)
        mostBroken: Theme.leastWord
        room: slab.room - 2 * slab.pad - slab.signWidth
        text: slab.word
        weight: Font.Bold
        x: slab.pad + slab.signWidth
    }
}
