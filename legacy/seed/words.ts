export const FIRST_NAMES = ['Ada', 'Bjørn', 'Chloé', 'Dragan', 'Éowyn', 'Fatima', 'Göksel', 'Hanna', 'İpek', 'Jürgen'];
export const LAST_NAMES = [
  "O'Neil",
  'Müller',
  'García',
  'Nowak',
  'Žižek',
  '李',
  'Sørensen',
  'D’Angelo',
  'Smith',
  'Kaya',
];
export const CITIES = ['Berlin', 'Köln', 'Łódź', 'Malmö', 'Zürich', 'Lyon', 'Porto', 'Graz'];
export const STREETS = [
  'Hauptstraße 1',
  'Rue de l’Église 12',
  "O'Connell St 3",
  'Airport, Terminal 2',
  'Platz der Republik',
  'Ringbahn \\ Gate B',
  'Depot "North"',
  'Kraków Główny',
  '駅前広場',
  'Dock 7; gate 3',
];
export const NOTES = [
  'Ring twice',
  'Two suitcases 🧳🧳',
  'Wheelchair ♿ please',
  '👩‍👩‍👧‍👦 + dog 🐕',
  'Has a "code": 12#34',
  "Driver's side\\left",
  'line one\nline two\r\nline three',
  'ends with blanks   ',
  '\ttabbed',
  'Grüße, 再见, مرحبا',
];
export const MODELS = ['Pod 1', 'Pod 2', 'Pod 2 LR', 'Shuttle S', 'Shuttle XL'];
