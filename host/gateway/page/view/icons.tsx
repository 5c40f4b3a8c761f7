/** Line icons on a 20-pixel grid. Always beside a text or in a control that has a label. */
const PATHS = {
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  plus: "M10 4v12M4 10h12",
  send: "M10 16V4.5M5 9l5-5 5 5",
  stop: "M6 6h8v8H6z",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  close: "M5 5l10 10M15 5L5 15",
  down: "M10 4v11.5M5 11l5 5 5-5",
  plug: "M7 3v4M13 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v3",
  gauge: "M3.5 14a7 7 0 1 1 13 0M10 12.5l3-4",
  tool: "M12.5 4a3.5 3.5 0 0 0-3.2 4.9L4 14.2 5.8 16l5.3-5.3A3.5 3.5 0 0 0 15.8 6l-2 2-1.8-1.8 2-2A3.5 3.5 0 0 0 12.5 4z",
  check: "M4.5 10.5l3.5 3.5 7.5-8",
  alert: "M10 6v5M10 14h.01M10 2.8L18 17H2z",
  shield: "M10 2.5l6 2.3v4.7c0 4-2.6 6.6-6 8-3.4-1.4-6-4-6-8V4.8z",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark: an open claw. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path d="M20.9 9.2A9.3 9.3 0 1 1 14.2 2.9L12.9 7.9A4.2 4.2 0 1 0 16 11z" />
    </svg>
  );
}
