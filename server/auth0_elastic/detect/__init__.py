"""Detections: Sigma and stateful rules over the events that an engine has, and the alerts that they raise."""
