/** Unsigned integers as the wire format has them, LEB128; what is no number is 0. @param {number[]} numbers */
export const varints = (...numbers) =>
  numbers.flatMap((number) => {
    const bytes = [];
    for (number >>>= 0; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
    return [...bytes, number];
  });
