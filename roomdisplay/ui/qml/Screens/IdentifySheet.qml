pragma ComponentBehavior: Bound

import QtQuick
import Controls
import RoomDisplay.Models
import Theme

// An administrator looks for this display among many: its mark, as large as the glass allows.
Rectangle {
    id: sheet

    required property GlassModel glass

    color: Theme.ink

    FitText {
        anchors.centerIn: parent
        color: Theme.ground
        mayBreak: false
        most: Theme.unit * 24
        room: sheet.width - 2 * Theme.margin
        text: sheet.glass.identify
        weight: Font.Bold
    }
}
