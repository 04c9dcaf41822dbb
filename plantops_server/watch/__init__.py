"""What happens without a reading: silence, roll-ups, partitions, delivery, reminders, reconciling."""
