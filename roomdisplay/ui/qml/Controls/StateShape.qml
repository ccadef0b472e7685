pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Shapes
import Theme

// The second way a state is told: a silhouette of its own for each, drawn in a box of 100 by 100.
Item {
    id: sign

    required property string shape
    property color color: Theme.ink

    readonly property string filled: ({
            bar: "M50 0A50 50 0 0 1 50 100A50 50 0 0 1 50 0ZM19 40.5V59.5H81V40.5Z",
            question: "M50 69A6.5 6.5 0 0 1 50 82A6.5 6.5 0 0 1 50 69Z",
            hourglass: "M14 0H86V12H80C80 34 60 41 60 50C60 59 80 66 80 88H86V100H14V88H20C20 66 40 59 40 50C40 41 20 34 20 12H14Z",
            hand: "M27 50H83V66C83 88 71 100 55 100C43 100 35 95 28 85Z"
        })[shape] ?? ""
    readonly property string stroked: ({
            tick: "M6 52L37 83L92 20",
            question: "M50 4.5A45.5 45.5 0 0 1 50 95.5A45.5 45.5 0 0 1 50 4.5ZM35 40A15 15 0 1 1 56 53C51.500 55.500 50 57.500 50 63",
            hand: "M33.500 58V20M48 58V7.500M62.500 58V12M76.500 62V26M31 86L13.500 59"
        })[shape] ?? ""
    readonly property real stroke: ({
            tick: 18,
            question: 9,
            hand: 12.5
        })[shape] ?? 0

    implicitHeight: 100
    implicitWidth: 100
    visible: shape !== "none" && shape !== ""

    Shape {
        height: 100
        preferredRendererType: Shape.CurveRenderer
        scale: sign.height / 100
        transformOrigin: Item.TopLeft
        width: 100

        ShapePath {
            fillColor: sign.color
            fillRule: ShapePath.OddEvenFill
            strokeColor: "transparent"
            strokeWidth: -1

            PathSvg {
                path: sign.filled
            }
        }

        ShapePath {
            capStyle: sign.shape === "hand" ? ShapePath.RoundCap : ShapePath.FlatCap
            fillColor: "transparent"
            joinStyle: ShapePath.MiterJoin
            strokeColor: sign.stroke > 0 ? sign.color : "transparent"
            strokeWidth: sign.stroke > 0 ? sign.stroke : -1

            PathSvg {
                path: sign.stroked
            }
        }
    }
}
