pragma ComponentBehavior: Bound

import QtQuick
import Delegates
import RoomDisplay.Models
import Theme

// The office day as a strip: what is booked, and where the present is.
Item {
    id: strip

    required property HomeModel home

    implicitHeight: Theme.bar + Theme.tight + Math.ceil(Theme.tiny * Theme.capRatio)

    Rectangle {
        color: Theme.track
        height: Theme.bar
        width: strip.width
    }

    Repeater {
        model: strip.home.blocks

        DayBlock {
            height: Theme.bar
            span: strip.width
        }
    }

    // The ground shows around the mark, so that it stands out on any block.
    Rectangle {
        color: Theme.ground
        height: Theme.bar + 2 * Theme.hairline
        visible: strip.home.now >= 0
        width: mark.width + 4 * Theme.hairline
        x: mark.x - 2 * Theme.hairline
        y: -Theme.hairline
    }

    Rectangle {
        id: mark

        color: Theme.ink
        height: Theme.bar + Theme.unit * 1.4
        visible: strip.home.now >= 0
        width: Math.max(2, Math.round(Theme.unit * 0.35))
        x: Math.round(Math.min(strip.width - width, Math.max(0, strip.home.now * strip.width - width / 2)))
        y: -Theme.unit * 0.7
    }

    Repeater {
        model: strip.home.hours

        HourLabel {
            span: strip.width
            y: Theme.bar + Theme.tight
        }
    }
}
