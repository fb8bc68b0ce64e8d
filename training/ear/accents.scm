; English as it would be spoken by festival's voices of other languages: how to say the words comes from an English voice,
; the sounds and who makes them from another. Driven by accents.py through `festival --pipe`.

(define (ear.plan voice words)
  "Prints one line for each sound of WORDS in VOICE: its name, its seconds, then pairs of when (seconds from the start) and
hertz."
  (voice)
  (let ((utt (eval (list 'Utterance 'Text words))))
    (mapcar (lambda (step) (step utt))
      (list Initialize Text Token_POS Token POS Phrasify Word Pauses Intonation PostLex Duration Int_Targets))
    (mapcar
      (lambda (sound)
        (format t "sound %s %f" (item.name sound) (item.feat sound "segment_duration"))
        (mapcar
          (lambda (tone) (format t " %f %f" (item.feat tone "pos") (item.feat tone "f0")))
          (item.relation.daughters sound 'Target))
        (format t "\n"))
      (utt.relation.items utt 'Segment))
    (format t "done\n")
    (fflush nil)))

(define (ear.say voice sounds file)
  "Writes FILE: SOUNDS, a list of (name seconds (when hertz) ...), when from the start of the sound, in VOICE."
  (voice)
  (utt.save.wave (utt.synth (eval (list 'Utterance 'Segments sounds))) file 'riff)
  (format t "done\n")
  (fflush nil))
