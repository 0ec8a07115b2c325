"""FMA, the Free Music Archive's data set: 30 s clips of many genres, without MIDI."""
