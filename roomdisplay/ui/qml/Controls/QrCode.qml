pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Shapes
import Theme

// A QR on its own paper, with the quiet zone of four modules that ISO/IEC 18004 asks for. Its
// modules are whole pixels.
Rectangle {
    id: card

    required property string path
    required property int modules
    required property real room

    readonly property int step: Math.max(1, Math.floor(room / (modules + 8)))

    color: Theme.paper
    implicitHeight: step * (modules + 8)
    implicitWidth: implicitHeight
    radius: Theme.radius
    visible: path !== ""

    Shape {
        antialiasing: false
        height: card.modules
        scale: card.step
        transformOrigin: Item.TopLeft
        width: card.modules
        x: card.step * 4
        y: card.step * 4

        ShapePath {
            fillColor: Theme.toner
            strokeColor: "transparent"
            strokeWidth: -1

            PathSvg {
                path: card.path
            }
        }
    }
}
