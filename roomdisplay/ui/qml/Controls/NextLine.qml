pragma ComponentBehavior: Bound

import QtQuick
import RoomDisplay.Models
import Theme

// The next meeting in one line: when, and whose.
Item {
    id: line

    required property HomeModel home

    implicitHeight: label.implicitHeight

    CapText {
        id: label

        color: Theme.softInk
        font.pixelSize: Theme.body
        text: line.home.rowsLabel
    }

    Repeater {
        model: line.home.rows

        Item {
            id: row

            required property int index
            required property string time
            required property string title

            height: line.height
            visible: index === 0
            width: line.width - x
            x: label.width + Theme.tight

            CapText {
                id: when

                font.pixelSize: Theme.body
                font.weight: Font.DemiBold
                text: row.time
                width: Math.min(implicitWidth, row.width)
            }

            CapText {
                font.pixelSize: Theme.body
                text: row.title
                width: Math.max(0, row.width - x)
                x: when.width + Theme.tight
            }
        }
    }
}
