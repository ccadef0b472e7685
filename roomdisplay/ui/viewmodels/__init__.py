"""What QML binds to: thin Qt objects over the facts that pure functions made."""
