"""The job `acquisition`: a source's data, as it comes, into versions of up to 1,000 records a row."""
