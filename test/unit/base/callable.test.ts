import assert from 'node:assert/strict';
import { callable } from '#lib/base/callable.js';

class Animal {
  static readonly kingdom = 'animals';
  #secret = 'secret';
  constructor(readonly name: string) {}
  tell(): string {
    return `${this.name}: ${this.#secret}`;
  }
}

describe('base/callable', () => {
  const Free = callable(Animal);

  it('creates the same with and without new', () => {
    for (const one of [new Free('cat'), Free('cat'), new Animal('cat')]) {
      assert.equal(one.tell(), 'cat: secret');
      assert.ok(one instanceof Animal && one instanceof Free);
      assert.equal(one.constructor, Free);
    }
  });

  it('keeps static members, the name and the length', () => {
    assert.deepEqual([Free.kingdom, Free.name, Free.length], ['animals', 'Animal', 1]);
  });

  it('can be inherited from', () => {
    class Cat extends Free {
      override tell(): string {
        return `${super.tell()}!`;
      }
    }
    const cat = new Cat('tom');
    assert.equal(cat.tell(), 'tom: secret!');
    assert.ok(cat instanceof Cat && cat instanceof Free);
    assert.equal(cat.constructor, Cat);
  });
});
