pragma Singleton
pragma ComponentBehavior: Bound

import QtQuick

// Every colour, size and duration of the glass. All lengths are multiples of one unit.
QtObject {
    id: theme

    // What the sizes follow from; set by the stage.
    property real width: 1280
    property real height: 800
    property real pixelsPerMm: 6
    property real leastCap: 100

    // What the colours follow from; set by the stage.
    property string place: "door"
    property string scheme: "light"
    property string role: "neutral"

    readonly property bool portrait: height > width
    readonly property bool compact: Math.min(width, height) < 540
    readonly property real unit: (portrait ? Math.min(width * 1.25, height * 0.78) : Math.min(width, height * 1.6)) / 100

    // Lengths.
    readonly property real margin: Math.round(unit * (compact ? 3.6 : 4))
    readonly property real gap: Math.round(unit * 3)
    readonly property real tight: Math.round(unit * 1.5)
    readonly property real hairline: Math.max(1, Math.round(unit / 12))
    readonly property real radius: Math.round(unit * 0.9)
    readonly property real touch: Math.round(Math.max(unit * 7, 15 * pixelsPerMm))
    // The strip above a call: a compositor's margin is as high as its most.
    readonly property real strip: Math.min(80, Math.max(72, 15 * pixelsPerMm))
    readonly property real bar: Math.round(unit * 2.6)
    readonly property real row: Math.round(unit * (compact ? 5.4 : 4.6))

    // Type. A cap height is that part of a font's size, in Inter and nearly so in its stand-ins.
    readonly property string family: "Inter"
    readonly property string displayFamily: "Inter Display"
    readonly property real capRatio: 0.727
    readonly property real tracking: -0.016
    readonly property int tiny: Math.round(unit * 1.8)
    readonly property int small: Math.round(unit * (compact ? 2.9 : 2.6))
    readonly property int body: Math.round(unit * (compact ? 3.4 : 3))
    readonly property int head: Math.round(unit * 3.8)
    readonly property int title: Math.round(unit * (compact ? 5.2 : 5.6))
    readonly property int line: Math.round(unit * 7)
    readonly property int leastWord: Math.ceil(leastCap / capRatio)

    // Milliseconds.
    readonly property int holdToOpen: 3000

    // Colours: one ground and one ink, everything else is mixed from them.
    readonly property bool door: place === "door"
    readonly property bool strong: scheme === "high_contrast"
    readonly property color roleGround: ({
            positive: ["#07603c", "#04402a", "#00391f"],
            negative: ["#a01322", "#5f0c15", "#5c000b"],
            caution: ["#f7b500", "#f7b500", "#ffd500"],
            neutral: ["#3b4249", "#262b30", "#000000"],
            brand: ["#0f1317", "#0f1317", "#000000"]
        })[role][strong ? 2 : scheme === "dark" ? 1 : 0]
    readonly property color roleInk: role === "caution" ? "#0f1317" : "#ffffff"
    readonly property color roleBright: ({
            positive: "#35c585",
            negative: "#f2545b",
            caution: "#f7b500",
            neutral: "#9aa3ab",
            brand: "#f5f3ec"
        })[role]
    readonly property color roleDeep: role === "caution" ? "#8f6000" : role === "brand" ? "#3b4249" : roleGround
    readonly property color ground: door ? roleGround : strong ? "#000000" : scheme === "dark" ? "#0f1317" : "#f5f3ec"
    readonly property color ink: door ? roleInk : scheme === "light" ? "#0f1317" : strong ? "#ffffff" : "#f5f3ec"
    readonly property color softInk: strong ? ink : mix(ground, ink, door ? 0.86 : 0.68)
    readonly property color slab: door ? ink : insideSlab
    readonly property color insideSlab: strong ? ({
            positive: "#5dffb0",
            negative: "#ff9a94",
            caution: "#ffd500",
            neutral: "#ffffff",
            brand: "#ffffff"
        })[role] : ({
            positive: "#07603c",
            negative: "#a01322",
            caution: "#f7b500",
            neutral: "#3b4249",
            brand: "#3b4249"
        })[role]
    readonly property color slabInk: door ? ground : strong || role === "caution" ? "#0f1317" : "#ffffff"
    readonly property color track: mix(ground, ink, strong ? 0.25 : door ? 0.2 : 0.12)
    readonly property color past: mix(ground, ink, door ? 0.5 : 0.32)
    readonly property color coming: mix(ground, ink, door ? 0.94 : 0.62)
    readonly property color current: door ? coming : scheme === "light" ? roleDeep : roleBright
    readonly property color rule: mix(ground, ink, door ? 0.3 : 0.18)
    readonly property color button: ink
    readonly property color buttonInk: ground
    readonly property color buttonPressed: mix(ink, ground, 0.2)
    readonly property color quietPressed: mix(ground, ink, 0.15)
    readonly property color paper: "#ffffff"
    readonly property color toner: "#000000"

    function mix(from: color, to: color, part: real): color {
        return Qt.rgba(from.r + (to.r - from.r) * part, from.g + (to.g - from.g) * part, from.b + (to.b - from.b) * part, 1);
    }
}
