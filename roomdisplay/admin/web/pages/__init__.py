"""What each address of the Admin Center answers: thin over the use cases."""
