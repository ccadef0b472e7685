pragma ComponentBehavior: Bound

import QtQuick
import Theme

// A text that keeps to one line where a somewhat smaller size is enough for that; else it breaks.
CapText {
    id: fitted

    required property int most
    // The size below which it breaks, and its size then.
    property int least: Math.round(most * 0.8)
    property int broken: most
    property string family: Theme.family
    property int weight: Font.Normal
    property real tracking: 0

    readonly property real natural: whole.advanceWidth * most / 100
    readonly property int single: natural <= width ? most : Math.floor(most * (width - 1) / natural)
    readonly property int size: single >= least ? single : broken

    font.family: family
    font.letterSpacing: size * tracking
    font.pixelSize: size
    font.weight: weight

    TextMetrics {
        id: whole

        font.family: fitted.family
        font.features: ({
                tnum: 1
            })
        font.letterSpacing: 100 * fitted.tracking
        font.pixelSize: 100
        font.weight: fitted.weight
        text: fitted.text
    }
}
