"""What would be called when, told before anything is sent."""
