pragma ComponentBehavior: Bound

import QtQuick
import Theme

// A text whose box reaches from the top of its capitals to its last base line, so that distances
// between texts are those the eye sees.
Item {
    id: cap

    property alias text: body.text
    property alias color: body.color
    property alias font: body.font
    property alias lines: body.maximumLineCount
    property alias align: body.horizontalAlignment
    property alias truncated: body.truncated
    readonly property real capHeight: body.font.pixelSize * Theme.capRatio
    readonly property real naturalWidth: body.implicitWidth

    implicitHeight: body.text === "" ? 0 : Math.ceil(capHeight + (body.lineCount - 1) * body.contentHeight / Math.max(1, body.lineCount))
    implicitWidth: Math.ceil(body.implicitWidth)
    visible: body.text !== ""

    PlainText {
        id: body

        width: cap.width
        wrapMode: maximumLineCount > 1 ? Text.Wrap : Text.NoWrap
        y: Math.round(cap.capHeight - baselineOffset)
    }
}
