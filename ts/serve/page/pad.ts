import type { Picture } from './digit.js';
import { element } from './elements.js';

/** Pixels of the pad's longer side; it is shown at any size. */
const resolution = 280;
/** The pen's width as a share of the longer side: that of a pencil in MNIST's boxes, somewhat thicker than two pixels. */
const penShare = 1 / 12;
/** Pixels that a key moves the pen. */
const keyStep = resolution / 28;

const arrows: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-keyStep, 0],
  ArrowRight: [keyStep, 0],
  ArrowUp: [0, -keyStep],
  ArrowDown: [0, keyStep],
};

/** A black pad for a white pen: mouse, finger or stylus, or the arrow keys with the space bar. */
export class Pad {
  readonly view: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #ink: CanvasRenderingContext2D;
  readonly #cursor = element('span', { className: 'cursor' });
  readonly #onStroke: () => void;
  #at = { x: 0, y: 0 };
  #isDown = false;

  /** @param onStroke - is called after each stroke, and when the pad is wiped */
  constructor(height: number, width: number, onStroke: () => void) {
    const scale = resolution / Math.max(height, width);
    this.#canvas = element('canvas', {
      id: 'pad',
      className: 'pad',
      width: Math.round(width * scale),
      height: Math.round(height * scale),
      tabIndex: 0,
      role: 'img',
      ariaLabel: 'Drawing pad',
    });
    this.#canvas.setAttribute('aria-describedby', 'pad-help');
    this.view = element('div', { className: 'pad-frame' }, this.#canvas, this.#cursor);
    this.#ink = this.#canvas.getContext('2d', { willReadFrequently: true })!;
    Object.assign(this.#ink, {
      lineCap: 'round',
      lineJoin: 'round',
      strokeStyle: '#fff',
      lineWidth: resolution * penShare,
    });
    this.#onStroke = onStroke;
    this.#canvas.addEventListener('pointerdown', (event) => this.#press(event));
    this.#canvas.addEventListener('pointermove', (event) => this.#drag(event));
    for (const end of ['pointerup', 'pointercancel']) this.#canvas.addEventListener(end, () => this.#lift());
    this.#canvas.addEventListener('keydown', (event) => this.#key(event));
    this.#moveTo(this.#canvas.width / 2, this.#canvas.height / 2);
  }

  /** The drawing as it stands: shades from 0 to 1, row by row. */
  get drawing(): Picture {
    const { width, height } = this.#canvas;
    const { data } = this.#ink.getImageData(0, 0, width, height);
    return { width, height, data: Float32Array.from({ length: width * height }, (_, i) => data[4 * i + 3]! / 255) };
  }

  wipe(): void {
    this.#ink.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#setDown(false);
    this.#onStroke();
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#setDown(true);
    this.#moveTo(...this.#placeOf(event));
    this.#line(this.#at.x, this.#at.y); // a dot
  }

  #drag(event: PointerEvent): void {
    if (!this.#isDown || !this.#canvas.hasPointerCapture(event.pointerId)) return;
    const passed = event.getCoalescedEvents();
    for (const each of passed.length > 0 ? passed : [event]) this.#line(...this.#placeOf(each));
  }

  #lift(): void {
    if (!this.#isDown) return;
    this.#setDown(false);
    this.#onStroke();
  }

  #key(event: KeyboardEvent): void {
    const arrow = arrows[event.key];
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      !(arrow || [' ', 'Delete', 'Backspace'].includes(event.key))
    ) {
      return;
    }
    event.preventDefault(); // the page does not scroll
    const { width, height } = this.#canvas;
    if (arrow) {
      const x = Math.min(Math.max(this.#at.x + arrow[0], 0), width);
      const y = Math.min(Math.max(this.#at.y + arrow[1], 0), height);
      if (this.#isDown) this.#line(x, y);
      else this.#moveTo(x, y);
    } else if (event.key !== ' ') {
      this.wipe();
    } else if (this.#isDown) {
      this.#lift();
    } else if (!event.repeat) {
      this.#setDown(true);
      this.#line(this.#at.x, this.#at.y);
    }
  }

  #setDown(isDown: boolean): void {
    this.#isDown = isDown;
    this.#cursor.classList.toggle('down', isDown);
  }

  /** Where on the canvas a pointer is, in its pixels. */
  #placeOf({ clientX, clientY }: PointerEvent): [x: number, y: number] {
    const box = this.#canvas.getBoundingClientRect();
    return [
      ((clientX - box.left) * this.#canvas.width) / box.width,
      ((clientY - box.top) * this.#canvas.height) / box.height,
    ];
  }

  #line(x: number, y: number): void {
    this.#ink.beginPath();
    this.#ink.moveTo(this.#at.x, this.#at.y);
    this.#ink.lineTo(x, y);
    this.#ink.stroke();
    this.#moveTo(x, y);
  }

  #moveTo(x: number, y: number): void {
    this.#at = { x, y };
    this.#cursor.style.left = `${(100 * x) / this.#canvas.width}%`;
    this.#cursor.style.top = `${(100 * y) / this.#canvas.height}%`;
  }
}
