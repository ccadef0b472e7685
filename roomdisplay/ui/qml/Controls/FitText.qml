pragma ComponentBehavior: Bound

import QtQuick
import Theme

// One line as large as its room allows; where that would be too small, two lines. The box is that
// of the capitals, like CapText's.
Item {
    id: fit

    required property string text
    required property real room
    // The greatest size, and the size below which the text breaks in two.
    required property real most
    property real least: most * 0.7
    // The greatest size of a text in two lines.
    property real mostBroken: most
    property int weight: Font.Medium
    property color color: Theme.ink
    property string family: Theme.displayFamily
    property bool mayBreak: true

    // The width of the whole text for each pixel of its size.
    readonly property real advance: whole.advanceWidth / 100
    readonly property real single: room / Math.max(0.01, advance)
    readonly property bool tooLong: mayBreak && single < least
    readonly property bool broken: tooLong && parts.length === 2
    readonly property list<string> parts: tooLong ? halves(text) : [text]
    readonly property real inTwo: Math.min(room / Math.max(0.01, first.advanceWidth / 100), room / Math.max(0.01, second.advanceWidth / 100))
    // The width of the upper of two lines for each pixel of the size.
    readonly property real firstAdvance: first.advanceWidth / 100
    // Below this the text is cut short instead.
    readonly property int smallest: Theme.small
    readonly property int size: Math.max(smallest, Math.floor(broken ? Math.min(mostBroken, inTwo) : Math.min(most, single)))
    readonly property bool crammed: size === smallest && (broken ? inTwo : single) < smallest
    readonly property real capHeight: size * Theme.capRatio
    readonly property real bearing: Math.min(whole.tightBoundingRect.x, 12) / 100 * size

    readonly property bool twoLines: broken && !crammed
    readonly property int leading: Math.round(size * 1.04)

    implicitHeight: text === "" ? 0 : Math.ceil(capHeight + (twoLines ? leading : body.lineCount > 1 ? body.contentHeight / 2 : 0))
    implicitWidth: Math.ceil(Math.max(body.implicitWidth, twoLines ? tail.implicitWidth : 0))
    visible: text !== ""

    // The two parts of a text that are as equally long as its spaces allow.
    function halves(text: string): list<string> {
        let best = -1;
        for (let i = text.indexOf(" "); i > 0; i = text.indexOf(" ", i + 1)) {
            if (best < 0 || Math.abs(text.length - 2 * i) < Math.abs(text.length - 2 * best))
                best = i;
        }
        return best < 0 ? [text] : [text.substring(0, best), text.substring(best + 1)];
    }

    component Measure: TextMetrics {
        font.family: fit.family
        font.features: ({
                tnum: 1
            })
        font.letterSpacing: 100 * Theme.tracking
        font.pixelSize: 100
        font.weight: fit.weight
    }

    Measure {
        id: whole

        text: fit.text
    }

    Measure {
        id: first

        text: fit.tooLong ? fit.parts[0] ?? "" : ""
    }

    Measure {
        id: second

        text: fit.tooLong ? fit.parts[1] ?? "" : ""
    }

    component Line: PlainText {
        color: fit.color
        font.family: fit.family
        font.letterSpacing: fit.size * Theme.tracking
        font.pixelSize: fit.size
        font.weight: fit.weight
        x: -fit.bearing
        y: Math.round(fit.capHeight - baselineOffset)
    }

    Line {
        id: body

        maximumLineCount: fit.crammed ? 2 : 1
        text: fit.twoLines ? fit.parts[0] ?? "" : fit.text
        width: fit.crammed ? fit.room : implicitWidth
        wrapMode: fit.crammed ? Text.Wrap : Text.NoWrap
    }

    Line {
        id: tail

        text: fit.twoLines ? fit.parts[1] ?? "" : ""
        visible: text !== ""
        y: body.y + fit.leading
    }
}
