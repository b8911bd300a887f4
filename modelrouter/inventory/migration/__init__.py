"""From the configuration of another router to the draft of an inventory."""
