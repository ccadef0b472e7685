pragma ComponentBehavior: Bound

import QtQuick
import Controls
import Theme

// A label and what it stands for.
Item {
    id: row

    required property string label
    required property string value

    height: Theme.row

    Rectangle {
        color: Theme.rule
        height: Theme.hairline
        width: row.width
    }

    CapText {
        id: what

        anchors.verticalCenter: row.verticalCenter
        color: Theme.softInk
        text: row.label
        width: row.width * 0.3
    }

    CapText {
        anchors.verticalCenter: row.verticalCenter
        text: row.value
        width: row.width - x
        x: what.width + Theme.gap
    }
}
