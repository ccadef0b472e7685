pragma ComponentBehavior: Bound

import QtQuick
import Controls
import Theme

// An hour under the day bar, centred on its place but never beyond the bar's ends.
CapText {
    required property string label
    required property real position
    required property real span

    color: Theme.softInk
    font.pixelSize: Theme.tiny
    text: label
    x: Math.round(Math.min(span - implicitWidth, Math.max(0, position * span - implicitWidth / 2)))
}
