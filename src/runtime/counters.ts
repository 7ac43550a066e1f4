/** How often functions were traced and programs made, in this process: what a second call of the same shapes must not do. */
export const counted = { traces: 0, programs: 0 };
