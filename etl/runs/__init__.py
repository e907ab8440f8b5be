"""One run of a job: lock, history, transaction, what follows; and the same for each date."""
