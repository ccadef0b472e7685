"""The display's commands: `roomdisplay pair`, `unpair`, `status` and `reset`."""
