"""The demo fleet: an invented firm and how its people behave, told without any knowledge of detection."""
