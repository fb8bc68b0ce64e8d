"""The recipe that makes Voicecart's own speech model: text, speech, training, export and measurement, one step a file."""
