pragma ComponentBehavior: Bound

import QtQuick
import Controls
import Theme

// A meeting to come, in columns: when, what, who, and by which service.
Item {
    id: row

    required property int index
    required property string meetingId
    required property string time
    required property string title
    required property string detail
    required property string service
    required property bool quiet
    required property string join
    required property real timeWidth
    required property int size
    // How many rows there is room for, and whether there is a column for who and how.
    required property int fitting
    required property bool wide
    required property bool stacked

    signal joinTapped(meetingId: string)

    readonly property real whoStart: Math.round(width * 0.54)
    readonly property real endsAt: width - (button.visible ? button.width + Theme.gap : 0)

    visible: index < fitting

    Rectangle {
        color: Theme.rule
        height: Theme.hairline
        width: row.width
    }

    CapText {
        id: when

        anchors.verticalCenter: row.verticalCenter
        color: Theme.softInk
        font.pixelSize: row.size
        text: row.time
        width: row.timeWidth
    }

    CapText {
        id: what

        color: row.quiet ? Theme.softInk : Theme.ink
        font.pixelSize: row.size
        font.weight: Font.Medium
        text: row.title
        width: Math.max(0, (row.wide && row.detail !== "" ? row.whoStart - Theme.gap : how.visible ? how.x - Theme.gap : row.endsAt) - x)
        x: row.timeWidth + Theme.gap
        y: Math.round(row.stacked && row.detail !== "" ? row.height / 2 - height - Theme.unit * 0.9 : (row.height - height) / 2)
    }

    CapText {
        color: Theme.softInk
        font.pixelSize: row.size
        text: row.wide || row.stacked ? row.detail : ""
        width: Math.max(0, (how.visible ? how.x - Theme.gap : row.endsAt) - x)
        x: row.stacked ? what.x : row.whoStart
        y: Math.round(row.stacked ? row.height / 2 + Theme.unit * 0.9 : (row.height - height) / 2)
    }

    CapText {
        id: how

        anchors.verticalCenter: row.verticalCenter
        color: Theme.softInk
        font.pixelSize: row.size
        text: (row.wide || row.stacked) && !button.visible ? row.service : ""
        width: implicitWidth
        x: row.width - width
    }

    TapButton {
        id: button

        anchors.right: row.right
        anchors.verticalCenter: row.verticalCenter
        height: row.height - Theme.unit
        label: row.join
        primary: false
        size: row.size

        onTapped: row.joinTapped(row.meetingId)
    }
}
