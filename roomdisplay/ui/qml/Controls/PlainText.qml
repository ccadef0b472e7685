pragma ComponentBehavior: Bound

import QtQuick
import Theme

// Text as it stands: never markup, whoever wrote it. Figures are as wide as each other.
Text {
    color: Theme.ink
    elide: Text.ElideRight
    font.family: Theme.family
    font.features: ({
            tnum: 1
        })
    font.pixelSize: Theme.body
    horizontalAlignment: Text.AlignLeft
    maximumLineCount: 1
    textFormat: Text.PlainText
    wrapMode: Text.NoWrap
}
