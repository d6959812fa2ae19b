"""The tenant's log stream (Custom Webhook) to this listener: made, compared, repaired, watched and tried out."""
