/** Stands for the prefix of all paths in the built page; a text that occurs nowhere else. */
export const basePathPlaceholder = '/__base_path__'
