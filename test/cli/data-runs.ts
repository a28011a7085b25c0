export const quick = ['-e', '1', '--no-charts'];
